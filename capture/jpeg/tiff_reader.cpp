// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/tiff_reader.h"

#include "core/check.h"

namespace fanlight {
namespace {

constexpr std::string_view kSignature("Exif\0\0", 6);

std::string_view text_in(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view behind_signature(std::span<const uint8_t> app1) {
  CHECK(TiffReader::is_exif(app1));
  return text_in(app1).substr(kSignature.size());
}

}  // namespace

bool TiffReader::is_exif(std::span<const uint8_t> app1) noexcept {
  return text_in(app1).starts_with(kSignature);
}

TiffReader::TiffReader(std::span<const uint8_t> app1) noexcept
    : file_(behind_signature(app1)), is_little_endian_(file_.starts_with("II")) {}

bool TiffReader::is_valid() const noexcept {
  return (is_little_endian_ || file_.starts_with("MM")) && number(2, 2) == 42;
}

size_t TiffReader::find(size_t directory, uint16_t tag) const noexcept {
  constexpr size_t kEntryBytes = 12;
  const size_t count = number(directory, 2);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (entry > file_.size()) return 0;
    if (number(entry, 2) == tag) return entry;
  }
  return 0;
}

std::string_view TiffReader::text_of(size_t entry) const noexcept {
  if (entry == 0 || type_of(entry) != kAscii) return {};
  const size_t size = count_of(entry);
  const size_t at = size <= 4 ? entry + 8 : offset_of(entry);
  if (at > file_.size() || size > file_.size() - at) return {};
  const std::string_view text = file_.substr(at, size);
  return text.substr(0, text.find('\0'));
}

size_t TiffReader::number(size_t at, size_t bytes) const noexcept {
  if (at > file_.size() || bytes > file_.size() - at) return 0;
  size_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const size_t from = is_little_endian_ ? at + bytes - 1 - i : at + i;
    value = value << 8 | static_cast<unsigned char>(file_[from]);
  }
  return value;
}

}  // namespace fanlight
