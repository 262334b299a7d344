// SPDX-License-Identifier: Apache-2.0
// EXIF for tests: pictures with the time at which they were taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/capture/jpeg/test_jpeg.h"

namespace fanlight {

// Entries of the EXIF directory with text values: tag and text.
using ExifTexts = std::vector<std::pair<uint16_t, std::string>>;
inline constexpr uint16_t kExifTimeOriginal = 0x9003;
inline constexpr uint16_t kExifOffsetOriginal = 0x9011;
inline constexpr uint16_t kExifFractionOriginal = 0x9291;

// A TIFF file with one directory that points to another one, which contains the texts.
inline std::string make_tiff(const ExifTexts& texts, bool little = true) {
  const auto number = [little](size_t value, size_t bytes) {
    std::string text(bytes, '\0');
    for (size_t i = 0; i < bytes; ++i) {
      text[little ? i : bytes - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
    }
    return text;
  };
  const auto entry = [&](uint16_t tag, uint16_t type, size_t count, const std::string& value) {
    return number(tag, 2) + number(type, 2) + number(count, 4) + value;
  };
  constexpr size_t kSecond = 8 + 2 + 12 + 4;
  std::string tiff = (little ? "II" : "MM") + number(42, 2) + number(8, 4);
  tiff += number(1, 2) + entry(0x8769, 4, 1, number(kSecond, 4)) + number(0, 4);
  size_t at = kSecond + 2 + 12 * texts.size() + 4;
  std::string values;
  tiff += number(texts.size(), 2);
  for (const auto& [tag, text] : texts) {
    const std::string value = text + '\0';
    if (value.size() <= 4) {
      tiff += entry(tag, 2, value.size(), value + std::string(4 - value.size(), '\0'));
      continue;
    }
    tiff += entry(tag, 2, value.size(), number(at + values.size(), 4));
    values += value;
  }
  return tiff + number(0, 4) + values;
}

// `jpeg` with `tiff` in an APP1 segment after its SOI.
inline Bytes with_exif(const Bytes& jpeg, const std::string& tiff) {
  const std::string content = std::string("Exif\0\0", 6) + tiff;
  std::string segment = "\xff\xe1";
  segment += static_cast<char>((content.size() + 2) >> 8);
  segment += static_cast<char>((content.size() + 2) & 0xff);
  segment += content;
  Bytes result(jpeg.begin(), jpeg.begin() + 2);
  const auto bytes = bytes_of(segment);
  result.insert(result.end(), bytes.begin(), bytes.end());
  result.insert(result.end(), jpeg.begin() + 2, jpeg.end());
  return result;
}

}  // namespace fanlight
