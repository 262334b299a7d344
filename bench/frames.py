# SPDX-License-Identifier: Apache-2.0
"""JPEGs of an exact size: noise at a quality that comes close, padded with comments."""
import pathlib
import subprocess

COUNT = 8
QUALITIES = range(2, 32)  # of ffmpeg's MJPEG encoder; 2 is best
COMMENT = b"\xff\xfe"  # ITU-T T.81 section B.2.4.5
COMMENT_BYTES_MAX = 65535  # including the two length bytes, without the marker


def picture_size(size_bytes):
    return "1280x720" if size_bytes > 40_000 else "640x360"


def encode(size_bytes, quality, folder):
    subprocess.run(
        ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i",
         f"testsrc2=size={picture_size(size_bytes)}:rate={COUNT},noise=alls=12:all_seed=1:allf=t",
         "-frames:v", str(COUNT), "-q:v", str(quality), str(folder / "%02d.jpg")],
        check=True, timeout=60)
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


def pad(jpeg, size_bytes):
    """The same picture in exactly `size_bytes` bytes: comments are inserted after SOI."""
    missing = size_bytes - len(jpeg)
    padding = b""
    while missing > 0:
        # A comment takes at least four bytes, so either none or at least four must be left.
        length = min(missing, COMMENT_BYTES_MAX + 2)
        if 0 < missing - length < 4:
            length -= 4
        padding += COMMENT + (length - 2).to_bytes(2, "big") + b" " * (length - 4)
        missing -= length
    return jpeg[:2] + padding + jpeg[2:]


def make_frames(size_bytes, folder):
    """Writes COUNT different JPEGs of exactly `size_bytes`, at the best quality that fits."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for quality in QUALITIES:
        jpegs = encode(size_bytes, quality, folder)
        if max(map(len, jpegs)) <= size_bytes - 4:
            break
    else:
        raise ValueError(f"no quality makes pictures of {size_bytes} bytes")
    for number, jpeg in enumerate(jpegs):
        (folder / f"{number + 1:02}.jpg").write_bytes(pad(jpeg, size_bytes))
