"""Backups: `save.save` writes a store's tables to a directory of files, and `restore.restore` loads them again."""
