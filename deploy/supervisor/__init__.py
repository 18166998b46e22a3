"""The supervisor: descriptions of processes (`process.ProcessSpec`) go in; processes that stay running come out.

Doors: `supervisor.Supervisor`, `endpoints` for what answers already, `environments` for what a child may know.
"""
