"""The embedded store: it answers requests of ClickHouse's HTTP interface with the chDB engine.

Door: `server.serve`, with `settings.WarehouseSettings`, for one process and one directory.
"""
