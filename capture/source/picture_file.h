// SPDX-License-Identifier: Apache-2.0
// PictureFile: a JPEG on the disk, which another program may be writing.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace fanlight {

// What tells one content of a name from the next without reading it (stat(2)).
struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;        // bytes
  int64_t modified_ns = 0;  // Unix time

  static FileVersion of(const struct stat& status);
  WallTime modified() const;
  bool operator==(const FileVersion&) const = default;
};

struct PictureFile {
  std::string problem;    // why it is none, in words; empty when it is a whole JPEG
  bool is_other = false;  // it is none, and not the beginning of one either
  FileVersion version;
  std::vector<std::byte> jpeg;  // all bytes of the file
  int width = 0;                // pixels
  int height = 0;

  bool ok() const { return problem.empty(); }
};

// Reads `name` of the folder `directory_fd` into memory, instead of mapping it: a file that another
// program cuts meanwhile would end this one by SIGBUS (mmap(2)). Of what does not begin like a JPEG
// and of what is larger than `bytes_max` only two bytes are read. What was written to meanwhile is
// no picture. Throws std::bad_alloc.
PictureFile read_picture_file(int directory_fd, const std::string& name, size_t bytes_max);

// The same without the bytes: only whether it begins like a JPEG.
PictureFile peek_picture_file(int directory_fd, const std::string& name, size_t bytes_max);

}  // namespace fanlight
