"""The service on several machines: an application of Ray Serve.

ray_serve     the application
ray_router    which replica a request goes to
autoscaling   how many replicas there should be
"""
