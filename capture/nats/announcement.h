// SPDX-License-Identifier: Apache-2.0
// Announcement: a message by which a publisher says that its camera is there (docs/nats.md). It has
// a subject of its own, so that a directory of cameras receives no pictures.
#pragma once

#include <string>
#include <string_view>

#include "capture/nats/nats_link.h"
#include "core/time.h"

namespace fanlight {

inline constexpr std::string_view kAnnouncementPrefix = "_FANLIGHT.";

// The subject on which the camera at `subject`, or all that match it, are announced.
std::string announcement_subject(std::string_view subject);

// Of the camera at `subject`, again every kAnnounceEvery.
inline constexpr Duration kAnnounceEvery = 2s;
NatsFields announcement_fields();

// The subject of the camera that `message` announces: one that check_subject() accepts. Empty: it
// announces none.
std::string_view announced_subject(const NatsMessage& message);

// The camera's name in a directory: `subject` without the tokens of `pattern` before its first
// wildcard, in lower case, with `-` in place of `.` and `_`. Empty if that is no name,
// [a-z0-9-]{1,32}, or `subject` does not match `pattern` up to there.
std::string announced_name(std::string_view subject, std::string_view pattern);

}  // namespace fanlight
