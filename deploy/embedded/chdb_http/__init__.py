"""The embedded store: requests of ClickHouse's HTTP interface go in, answers of the chDB engine come out.

Door: `server.serve`, with `settings.WarehouseSettings`, for one process and one directory.
"""
