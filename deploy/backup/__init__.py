"""Backups: the tables of a store become a directory of files (`save.save`), and tables again (`restore.restore`)."""
