// SPDX-License-Identifier: Apache-2.0
// PictureFile: a JPEG on disk, which another program may be writing.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace fanlight {

// Distinguishes successive contents of a name without reading them (stat(2)).
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
  std::string problem;    // why it is not a picture; empty when it is a whole JPEG
  bool is_other = false;  // neither a picture nor the beginning of one
  FileVersion version;
  std::vector<std::byte> jpeg;  // all bytes of the file
  int width = 0;                // pixels
  int height = 0;

  bool ok() const { return problem.empty(); }
};

// Reads `name` in the folder `directory_fd` into memory instead of mapping it: if another program
// truncated a mapped file, SIGBUS would end this one (mmap(2)). Only two bytes are read of a file
// that does not begin like a JPEG or is larger than `bytes_max`. A file written to during the read
// is not a picture. Throws std::bad_alloc.
PictureFile read_picture_file(int directory_fd, const std::string& name, size_t bytes_max);

// The same without the bytes: checks only whether it begins like a JPEG.
PictureFile peek_picture_file(int directory_fd, const std::string& name, size_t bytes_max);

}  // namespace fanlight
