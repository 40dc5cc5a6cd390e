"""Depth cameras, simulated from dense truth: where they measure nothing, and how wrong they are where they do.

A sensor is a function (sample with dense depth, rng) -> (H, W) float32 metres, 0 = not measured, and a frozen data
class of its properties with the source of each. docs/sensors.md compares their holes with those of real cameras.
"""

from spnet.sparsity.sensors.lidar import HDL64, LDMRS, LIDARS, OS1, VLP16, RotatingLidar, rotating_lidar
from spnet.sparsity.sensors.phone import PHONE_LIDAR, PhoneLidar, phone_lidar
from spnet.sparsity.sensors.stereo import D435, D455, ActiveStereo, active_stereo
from spnet.sparsity.sensors.structured import KINECT_V1, SR300, StructuredLight, structured_light
from spnet.sparsity.sensors.tof import AZURE_KINECT, TimeOfFlight, time_of_flight

__all__ = [
    "AZURE_KINECT",
    "D435",
    "D455",
    "HDL64",
    "KINECT_V1",
    "LDMRS",
    "LIDARS",
    "OS1",
    "PHONE_LIDAR",
    "SR300",
    "VLP16",
    "ActiveStereo",
    "PhoneLidar",
    "RotatingLidar",
    "StructuredLight",
    "TimeOfFlight",
    "active_stereo",
    "phone_lidar",
    "rotating_lidar",
    "structured_light",
    "time_of_flight",
]
