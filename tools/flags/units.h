// SPDX-License-Identifier: Apache-2.0
// Units: parses durations, sizes and rates from the command line.
//
// All throw std::invalid_argument whose what() quotes the text and states what is expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// `500ms`, `10s`, `5m`, `2h`, or a bare number of seconds, with fractions. More than 0, less than a
// year.
Duration parse_duration(std::string_view text);

// The same, or `off` for none.
std::optional<Duration> parse_duration_or_off(std::string_view text);

// `65536`, `64K`, `8M`, `1G` (powers of 1024), up to 1 TiB.
size_t parse_size(std::string_view text);

// `800Mbit`, `2.5Gbit`, `500Kbit`, or a bare number of bits per second (powers of 1000); from 8
// Kbit/s to 1 Tbit/s.
uint64_t parse_rate(std::string_view text);

// `80%`: from 1 to 100, with fractions; the sign is not optional.
double parse_percent(std::string_view text);

struct PictureSize {
  int width;
  int height;
};
// `1280x720`; each from 16 to 16384 pixels, the limits of JPEG and the encoder.
PictureSize parse_picture_size(std::string_view text);

// `660` or `0660`: the nine permission bits of chmod(2), in octal.
unsigned parse_file_mode(std::string_view text);

// `on` or `off`; `true` and `false`, `1` and `0` are equivalent.
bool parse_switch(std::string_view text);

// `10%`, a share as 0.1; from 0% to 100%.
double parse_share(std::string_view text);

// The whole text as a decimal number within [low, high].
double parse_number(std::string_view text, double low, double high);
long parse_integer(std::string_view text, long low, long high);

}  // namespace fanlight
