// SPDX-License-Identifier: Apache-2.0
#include "http/takeover/state_bytes.h"

#include "core/check.h"

namespace fanlight {

void StateWriter::text(std::string_view value) {
  CHECK(value.size() <= UINT16_MAX);
  number(static_cast<uint16_t>(value.size()));
  bytes_.append(value);
}

Instant StateReader::instant(Instant max) {
  const auto limit = static_cast<uint64_t>(max.time_since_epoch().count());
  return Instant(Duration(static_cast<int64_t>(number<uint64_t>(limit))));
}

Duration StateReader::duration(Duration max) {
  return Duration(static_cast<int64_t>(number<uint64_t>(static_cast<uint64_t>(max.count()))));
}

std::string_view StateReader::text(size_t max) {
  const auto size = number<uint16_t>();
  return check(size <= max) ? raw(size) : std::string_view();
}

std::string_view StateReader::raw(size_t size) {
  if (!check(size <= left_.size())) return {};
  const std::string_view bytes = left_.substr(0, size);
  left_.remove_prefix(size);
  return bytes;
}

bool StateReader::check(bool is_right) {
  ok_ = ok_ && is_right;
  if (!ok_) left_ = {};
  return ok_;
}

}  // namespace fanlight
