// SPDX-License-Identifier: Apache-2.0
// CameraNames: the names of a server's cameras, and which of them there are at the moment.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Most cameras have a name from the start, and are always shown. One of a directory (docs/nats.md)
// is given its name when it is announced, keeps it, and is shown while it is announced.
//
// Owns: the names. Thread: named(), give() and show() are main's, all other functions any thread's.
// Invariants: no two cameras have the same name; one that is shown has one; they are given names in
//   order, so that those without one are the last.
class CameraNames {
 public:
  // In order of definition, of [a-z0-9-]{1,32}; empty ones, at the end, are given later.
  explicit CameraNames(std::vector<std::string> names);

  // With those that have no name yet.
  size_t size() const noexcept { return names_.size(); }
  bool is_shown(size_t camera) const noexcept {
    return is_shown_[camera].load(std::memory_order_acquire);
  }
  // Stays where it is. Only of a camera that is, or was, shown.
  const std::string& operator[](size_t camera) const noexcept { return names_[camera]; }
  // Of those that are shown.
  std::optional<size_t> find(std::string_view name) const noexcept;
  // The first one from `camera` on that is shown; else size().
  size_t next_shown(size_t camera) const noexcept;

  // Of all that have one; the next camera is the one that give() names.
  std::span<const std::string> named() const noexcept { return std::span(names_).first(named_); }
  // It is not shown yet.
  void give(std::string name) noexcept;
  // Not before it has a name.
  void show(size_t camera, bool is_there) noexcept;

 private:
  std::vector<std::string> names_;
  size_t named_;
  std::unique_ptr<std::atomic<bool>[]> is_shown_;
};

}  // namespace fanlight
