// SPDX-License-Identifier: Apache-2.0
// TIFF reader: the numbers and directories that EXIF consists of (TIFF 6.0, section 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fanlight {

// Owns: nothing; a view. Thread: any.
// Trusts nothing in the file: anything that would be outside of it is 0, or empty.
class TiffReader {
 public:
  enum Type : uint16_t { kAscii = 2, kShort = 3 };

  // The content of an APP1 segment, after its length. XMP uses APP1 as well.
  static bool is_exif(std::span<const uint8_t> app1) noexcept;

  // `app1` is_exif(): the file follows the signature. Its first bytes give the byte order.
  explicit TiffReader(std::span<const uint8_t> app1) noexcept;

  bool is_valid() const noexcept;

  // Offsets count from the beginning of the file. The first directory (IFD0) is the picture's own;
  // the thumbnail has another one.
  size_t first_directory() const noexcept { return number(4, 4); }
  // The offset of the entry of `tag` in a directory; 0: none.
  size_t find(size_t directory, uint16_t tag) const noexcept;

  // Of an entry. Its value is in the entry itself, or at the offset stored there.
  size_t type_of(size_t entry) const noexcept { return number(entry + 2, 2); }
  size_t count_of(size_t entry) const noexcept { return number(entry + 4, 4); }
  size_t short_of(size_t entry) const noexcept { return number(entry + 8, 2); }
  size_t offset_of(size_t entry) const noexcept { return number(entry + 8, 4); }
  // Without the terminating zero; empty if the entry is not text.
  std::string_view text_of(size_t entry) const noexcept;

 private:
  size_t number(size_t at, size_t bytes) const noexcept;

  const std::string_view file_;
  const bool is_little_endian_;
};

}  // namespace fanlight
