// SPDX-License-Identifier: Apache-2.0
// Source table: every kind of source, by the name that `--source` knows it by.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "capture/camera_clock.h"
#include "capture/source.h"

namespace fanlight {

// One line of the table.
struct SourceKind {
  using Open = std::unique_ptr<Source> (*)(std::string_view argument, const SourceOptions& options,
                                           CameraClock& clock);
  std::string_view name;  // what stands before the colon
  Open open;
  std::string_view help;  // one line: how to write it and what it shows
};

std::span<const SourceKind> source_kinds();

// The kind of `kind[:argument]`. Throws std::invalid_argument for one that does not exist, naming
// it and those that do.
const SourceKind& find_source_kind(std::string_view spec);

// Opens `kind[:argument]`; `clock` must outlive the source. Throws std::invalid_argument for a kind
// that does not exist or a bad option, std::system_error when the device cannot be opened.
std::unique_ptr<Source> open_source(std::string_view spec, const SourceOptions& options,
                                    CameraClock& clock);

}  // namespace fanlight
