# SPDX-License-Identifier: Apache-2.0
"""The clips of bench/segments: vtest.avi and tree.avi of Debian's opencv-doc, and what ffmpeg makes
of them.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from servers import Failed

PACKAGE = "opencv-doc"
FOLDER = pathlib.PurePosixPath("usr/share/doc/opencv-doc/examples/data")
FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
# A pan moves a window over a picture of twice its size, by so many pixels in every frame, and back
# at its borders.
PAN_PIXELS = (7, 5)


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "fanlight/clips"


def unpack(names, folder):
    """Downloads the package, which is not installed, and unpacks these files of it into `folder`.
    Containers often leave out what is in /usr/share/doc."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", PACKAGE],
                       cwd=work, check=True, stdout=sys.stderr)
        [package] = pathlib.Path(work).glob("*.deb")
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package],
                              stdout=subprocess.PIPE) as files:
            parts = len(FOLDER.parts) + 1
            subprocess.run(["tar", "-x", "-C", folder, f"--strip-components={parts}",
                            *(f"./{FOLDER / name}" for name in names)],
                           stdin=files.stdout, check=True)


def find(names, folder=None):
    """The paths of these files: in `folder`, or where the package has them, or downloaded."""
    folders = [pathlib.Path(folder)] if folder else [pathlib.Path("/") / FOLDER, cache()]
    for place in folders:
        paths = [place / name for name in names]
        if all(path.exists() for path in paths):
            return paths
    if folder:
        raise Failed(f"no {' or '.join(names)} in {folder}")
    unpack(names, cache())
    return [cache() / name for name in names]


def size_of(clip):
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height",
         "-of", "csv=p=0", clip], check=True, capture_output=True, text=True, timeout=60).stdout
    return tuple(map(int, text.split(",")[:2]))


def filters_of(how, width, height, frames):
    """What makes of a clip: itself, its first picture again and again, or that with a twelfth in
    which the same picture pans; or a pan over that picture and its mirror images, which is as
    sharp; or over that enlarged, which is not; or itself with every second picture as its
    negative."""
    repeated = f"loop=loop={frames - 1}:size=1"

    def crop(wide, high, rests):
        across, down = (f"abs(mod({pixels}*n,2*{rest})-{rest})"
                        for pixels, rest in zip(PAN_PIXELS, rests))
        return f"crop={wide}:{high}:'{across}':'{down}':exact=1"
    window = f"{repeated},{crop(width, height, (width, height))}"
    wide, high = width // 4, height // 3
    part = crop(wide, high, (width - wide, height - high))
    return {
        "clip": "null",
        "negative": "negate=enable='mod(n,2)'",
        "still": f"trim=end_frame=1,{repeated}",
        "part": f"trim=end_frame=1,{repeated},split[a][b];[b]{part}[c];"
                f"[a][c]overlay={width // 5}:{high}",
        "pan": "trim=end_frame=1,split[a][b];[b]hflip[c];[a][c]hstack,split[d][e];[e]vflip[f];"
               f"[d][f]vstack,{window}",
        "soft pan": f"trim=end_frame=1,scale={2 * width}:{2 * height}:flags=lanczos,{window}"}[how]


def raw_command(clip, how, frames):
    """Writes raw pictures to standard output."""
    return [*FFMPEG, "-i", clip, "-vf", filters_of(how, *size_of(clip), frames), "-frames:v",
            str(frames), "-f", "rawvideo", "-pix_fmt", "yuvj420p", "-"]


def make_jpegs(clip, folder, frames, size=None, how="clip"):
    """As a camera gives them: with noise, about the quality 80 of libjpeg. The clip goes forth and
    back, so that its end and its beginning are alike."""
    folder.mkdir()
    size = size or size_of(clip)
    filters = f"scale={size[0]}:{size[1]},{filters_of(how, *size, frames)}"
    subprocess.run([*FFMPEG, "-i", clip, "-vf", f"{filters},noise=c0s=6:c0f=t:c0_seed=1",
                    "-frames:v", str(frames), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4",
                    folder / "%04d.jpg"], check=True, timeout=300)
    forth = sorted(folder.glob("*.jpg"))
    for number, path in enumerate(forth[-2:0:-1], len(forth) + 1):
        os.link(path, folder / f"{number:04}.jpg")
    return folder
