// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/exif_time.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "capture/jpeg/jpeg_reader.h"
#include "capture/jpeg/tiff_reader.h"
#include "core/to_number.h"

namespace fanlight {
namespace {

// Tags, EXIF 2.32 tables 3, 4 and 7.
constexpr uint16_t kExifDirectory = 0x8769;
constexpr uint16_t kTimeOriginal = 0x9003;
constexpr uint16_t kOffsetOriginal = 0x9011;
constexpr uint16_t kFractionOriginal = 0x9291;

// The content of the first EXIF segment; empty if there is none.
std::span<const uint8_t> find_exif(std::span<const std::byte> jpeg) {
  JpegReader reader(jpeg);
  if (!reader.read_start()) return {};
  while (reader.read_segment() && !reader.is_scan() && !reader.is_end()) {
    if (reader.marker() != jpeg_marker::kApp1) continue;
    constexpr size_t kMarkerAndLength = 4;
    const std::span<const uint8_t> segment = reader.segment();
    // A segment without a length is empty (JpegReader).
    const auto content = segment.subspan(std::min(segment.size(), kMarkerAndLength));
    if (TiffReader::is_exif(content)) return content;
  }
  return {};
}

// Two digits at `at`, or as many as `digits`; -1 for anything else.
int digits_at(std::string_view text, size_t at, size_t digits = 2) {
  if (at + digits > text.size()) return -1;
  const auto number = to_number<uint16_t>(text.substr(at, digits));
  return number ? *number : -1;
}

// "2024:05:17 13:45:59".
std::optional<std::tm> parse_time(std::string_view text) {
  std::tm time{};
  time.tm_year = digits_at(text, 0, 4) - 1900;
  time.tm_mon = digits_at(text, 5) - 1;
  time.tm_mday = digits_at(text, 8);
  time.tm_hour = digits_at(text, 11);
  time.tm_min = digits_at(text, 14);
  time.tm_sec = digits_at(text, 17);
  time.tm_isdst = -1;
  const bool is_one = text.size() == 19 && time.tm_mon >= 0 && time.tm_mon < 12 &&
                      time.tm_mday >= 1 && time.tm_mday <= 31 && time.tm_hour >= 0 &&
                      time.tm_hour < 24 && time.tm_min >= 0 && time.tm_min < 60 &&
                      time.tm_sec >= 0 && time.tm_sec <= 60;
  return is_one ? std::optional(time) : std::nullopt;
}

// "+02:00", in seconds east of Greenwich.
std::optional<int64_t> parse_offset(std::string_view text) {
  const int hours = digits_at(text, 1);
  const int minutes = digits_at(text, 4);
  if (text.size() != 6 || hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return {};
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  const int64_t seconds = (int64_t{hours} * 60 + minutes) * 60;
  return text[0] == '-' ? -seconds : seconds;
}

// The first six digits of a fraction.
int64_t microseconds_of(std::string_view text) {
  int64_t microseconds = 0;
  for (size_t i = 0; i < 6; ++i) {
    const char c = i < text.size() ? text[i] : '0';
    if (c < '0' || c > '9') return i == 0 ? 0 : microseconds_of(text.substr(0, i));
    microseconds = microseconds * 10 + (c - '0');
  }
  return microseconds;
}

}  // namespace

std::optional<WallTime> exif_capture_time(std::span<const std::byte> jpeg) {
  constexpr int64_t kSecondsMin = 978'307'200;  // of 2001
  const std::span<const uint8_t> exif = find_exif(jpeg);
  if (exif.empty()) return std::nullopt;
  const TiffReader tiff(exif);
  if (!tiff.is_valid()) return std::nullopt;
  const size_t pointer = tiff.find(tiff.first_directory(), kExifDirectory);
  const size_t directory = pointer == 0 ? 0 : tiff.offset_of(pointer);
  if (directory == 0) return std::nullopt;
  std::optional<std::tm> time = parse_time(tiff.text_of(tiff.find(directory, kTimeOriginal)));
  if (!time) return std::nullopt;
  const auto offset = parse_offset(tiff.text_of(tiff.find(directory, kOffsetOriginal)));
  const int64_t seconds = offset ? ::timegm(&*time) - *offset : ::mktime(&*time);
  if (seconds < kSecondsMin) return std::nullopt;
  const int64_t fraction = microseconds_of(tiff.text_of(tiff.find(directory, kFractionOriginal)));
  return WallTime(std::chrono::microseconds(seconds * 1'000'000 + fraction));
}

}  // namespace fanlight
