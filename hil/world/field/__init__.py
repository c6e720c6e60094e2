"""A field: an area in the plane with its relief, soil, objects and obstacles, a machine on skidding tracks in it, and
the sensors that tell that machine where it is. Metres, x into the area, y to the left, origin at the left post.
"""
