# SPDX-License-Identifier: Apache-2.0
"""A clip as a camera's JPEGs of another size and rate: with noise, new in each picture, of quality
80 and 4:2:0.
"""
import os
import subprocess

import numpy
from PIL import Image

import segments_clips as clips
from servers import Failed

QUALITY = 80
SIGMA = 2  # of the noise added to the luma, levels
# What makes pictures at a higher rate than the clip's: people move between two of its pictures, and
# so they do between those that are added.
FASTER = "minterpolate=fps={fps},"


def write_jpeg(planes, noise, path):
    luma = numpy.rint(planes[0] + SIGMA * noise.standard_normal(planes[0].shape))
    samples = numpy.stack([luma.clip(0, 255).astype(numpy.uint8), planes[1], planes[2]], axis=-1)
    Image.fromarray(samples, "YCbCr").save(path, "JPEG", quality=QUALITY, subsampling="4:2:0")


def make(clip, folder, frames, size, fps=None):
    """Writes at most that many pictures, forth and back, so that the clip's end and its beginning
    are alike. With `fps`, motion is interpolated to that rate; without, pictures are the clip's."""
    folder.mkdir()
    width, height = size
    faster = FASTER.format(fps=fps) if fps else ""
    noise = numpy.random.default_rng(1)
    forth = []
    with subprocess.Popen(
            [*clips.FFMPEG, "-i", clip, "-vf",
             f"{faster}scale={width}:{height},scale=out_range=full", "-frames:v", str(frames), "-f",
             "rawvideo", "-pix_fmt", "yuvj444p", "-"], stdout=subprocess.PIPE) as pictures:
        while samples := pictures.stdout.read(3 * width * height):
            planes = numpy.frombuffer(samples, numpy.uint8).reshape(3, height, width)
            forth.append(folder / f"{len(forth) + 1:04}.jpg")
            write_jpeg(planes, noise, forth[-1])
    if pictures.returncode != 0 or not forth:
        raise Failed(f"ffmpeg failed on {clip}")
    for number, path in enumerate(forth[-2:0:-1], len(forth) + 1):
        os.link(path, folder / f"{number:04}.jpg")
    return folder
