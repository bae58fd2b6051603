"""What is seen and heard in a raw video: shots, faces over time, steady crops, clips, and faults.

The frames are read once, front to back, in memory that does not grow with the video's length.
"""
