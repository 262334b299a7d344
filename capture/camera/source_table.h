// SPDX-License-Identifier: Apache-2.0
// Source table: every kind of source, by its name in `--source`.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"

namespace fanlight {

// One row of the table.
struct SourceKind {
  using Open = std::unique_ptr<Source> (*)(std::string_view argument, const SourceOptions& options,
                                           CameraClock& clock);
  std::string_view name;  // the part before the colon
  Open open;
  std::string_view help;  // one line: its syntax and what it shows
  // For devices and other servers, which may be absent and may return with another format: whether
  // one that could not be opened with this errno is worth waiting for. It is not if it is present
  // but unusable, or if the request itself is at fault. nullptr: never worth waiting for.
  using MayCome = bool (*)(std::string_view argument, int error);
  MayCome may_come = nullptr;
};

std::span<const SourceKind> source_kinds();

// The kind of `kind[:argument]`. Throws std::invalid_argument for an unknown kind, with its name,
// the known ones, and the one probably meant.
const SourceKind& find_source_kind(std::string_view spec);

// Whether it is a folder of pictures or a file on the disk, which is cheap to look at.
bool is_on_disk(std::string_view spec);

// Whether `kind[:argument]`, which failed to open with this error, is worth waiting for.
bool may_come(std::string_view spec, const std::error_code& why_not);

// Opens `kind[:argument]`; `clock` must outlive the source. Throws std::invalid_argument for an
// unknown kind or a bad option, std::system_error when the device cannot be opened.
std::unique_ptr<Source> open_source(std::string_view spec, const SourceOptions& options,
                                    CameraClock& clock);

}  // namespace fanlight
