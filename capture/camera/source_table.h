// SPDX-License-Identifier: Apache-2.0
// Source table: every kind of source, by the name that `--source` knows it by.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "capture/source/camera_clock.h"
#include "capture/source/source.h"

namespace fanlight {

// One line of the table.
struct SourceKind {
  using Open = std::unique_ptr<Source> (*)(std::string_view argument, const SourceOptions& options,
                                           CameraClock& clock);
  std::string_view name;  // what stands before the colon
  Open open;
  std::string_view help;  // one line: how to write it and what it shows
  // Of devices and other servers, which may be away, and may come back with another format: whether
  // one that could not be opened with this errno may yet come. It may not when it is there and will
  // not do, or when what was asked for is at fault. nullptr: this kind is there or never will be.
  using MayCome = bool (*)(std::string_view argument, int error);
  MayCome may_come = nullptr;
};

std::span<const SourceKind> source_kinds();

// The kind of `kind[:argument]`. Throws std::invalid_argument for one that does not exist, naming
// it, those that do, and the one that was probably meant.
const SourceKind& find_source_kind(std::string_view spec);

// Whether it is a folder of pictures or a file on the disk, which costs nothing to look at.
bool is_on_disk(std::string_view spec);

// Whether `kind[:argument]`, which could not be opened for this reason, is worth waiting for.
bool may_come(std::string_view spec, const std::error_code& why_not);

// Opens `kind[:argument]`; `clock` must outlive the source. Throws std::invalid_argument for a kind
// that does not exist or a bad option, std::system_error when the device cannot be opened.
std::unique_ptr<Source> open_source(std::string_view spec, const SourceOptions& options,
                                    CameraClock& clock);

}  // namespace fanlight
