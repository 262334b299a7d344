// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/announcement.h"

#include <algorithm>
#include <stdexcept>

#include "capture/nats/nats_address.h"

namespace fanlight {
namespace {

constexpr std::string_view kField = "X-Fanlight", kFormat = "3";
constexpr size_t kNameBytesMax = 32;

bool is_subject(std::string_view subject) {
  try {
    check_subject(subject);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

char name_character(char c) {
  if (c == '.' || c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string announcement_subject(std::string_view subject) {
  return std::string(kAnnouncementPrefix) + std::string(subject);
}

NatsFields announcement_fields() {
  return {{std::string(kField), std::string(kFormat)}};
}

std::string_view announced_subject(const NatsMessage& message) {
  std::string_view subject = message.subject;
  const bool is_announcement =
      subject.starts_with(kAnnouncementPrefix) &&
      std::any_of(message.fields.begin(), message.fields.end(), [](const auto& field) {
        return field.first == kField && field.second == kFormat;
      });
  if (!is_announcement) return {};
  subject.remove_prefix(kAnnouncementPrefix.size());
  return is_subject(subject) ? subject : std::string_view();
}

std::string announced_name(std::string_view subject, std::string_view pattern) {
  const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*>"));
  if (!subject.starts_with(fixed)) return {};
  std::string name(subject.substr(fixed.size()));
  std::transform(name.begin(), name.end(), name.begin(), name_character);
  const bool is_name = !name.empty() && name.size() <= kNameBytesMax &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
  return is_name ? name : std::string();
}

}  // namespace fanlight
