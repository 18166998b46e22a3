"""What several sources need to ask a network or to read a file: HTTP, HTML, threads, files. It knows no source."""
