# SPDX-License-Identifier: Apache-2.0
"""Real JPEGs for the tests, made by ffmpeg."""
import pathlib
import subprocess
import tempfile


def make_large_picture():
    """A picture of 3840x2160 that does not compress well: about 17 MB."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
               "-i", "color=gray:size=3840x2160:rate=1,noise=alls=100:allf=t", "-frames:v", "1",
               "-pix_fmt", "yuvj444p", "-q:v", "1", "-qmin", "1", "-c:v", "mjpeg", "-f", "mjpeg",
               "-"]
    return subprocess.run(command, check=True, timeout=60, stdout=subprocess.PIPE).stdout


def make_noisy_pictures(case, count, size="320x240"):
    """A folder of so many pictures of a fixed camera with noise: no two have a segment's bytes in
    common, and few differ by what counts as a change. Removed after the class `case`."""
    folder = tempfile.TemporaryDirectory()
    case.addClassCleanup(folder.cleanup)
    subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
                    "-i", f"testsrc=size={size}:rate=10,noise=c0s=8:c0f=t:all_seed=1",
                    "-frames:v", str(count), "-pix_fmt", "yuvj420p", "-q:v", "3",
                    str(pathlib.Path(folder.name, "%03d.jpg"))], check=True, timeout=60)
    return folder.name


def make_pictures(case, size="640x480", name="%02d.jpg"):
    """Five different pictures in a folder that is removed after the class `case`: returns the
    folder, and their bytes in the order of their names."""
    folder = tempfile.TemporaryDirectory()
    case.addClassCleanup(folder.cleanup)
    path = pathlib.Path(folder.name)
    subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
                    "-i", f"testsrc2=size={size}:rate=5", "-frames:v", "5", "-q:v", "3",
                    str(path / name)], check=True, timeout=60)
    pictures = [file.read_bytes() for file in sorted(path.iterdir())]
    assert len(set(pictures)) == 5
    return path, pictures
