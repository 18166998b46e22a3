"""The embedded warehouse: the ClickHouse engine of chDB behind ClickHouse's own HTTP interface."""
