"""The supervisor starts processes from their descriptions (`process.ProcessSpec`) and keeps them running.

Doors: `supervisor.Supervisor`; `endpoints` for services that answer already; `environments` for a child's environment.
"""
