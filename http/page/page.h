// SPDX-License-Identifier: Apache-2.0
// Pages: the pages at `/`, `/cameras/NAME` and `/cameras`.
//
// They are created once, by PageLayout: at start, or when a camera of a directory gets its name.
// The shape of a camera's picture is known only when its page is requested: PageOpening has it, and
// is sent before the page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/page/content_policy.h"
#include "http/protocol/camera_names.h"

namespace fanlight {

// What only some servers' pages of cameras have.
struct PageExtras {
  bool controls = false;  // clients may change them
  bool past = false;      // the slider over the history
};

// Owns: the texts. Thread: main's creates it and calls add(), before the camera is shown to others;
//   all other functions are any thread's.
class Pages {
 public:
  // At least one camera; it may have no name yet. Throws std::bad_alloc.
  Pages(const CameraNames& cameras, std::string_view version, PageExtras extras);

  // The page of the next camera that had no name. Throws std::bad_alloc.
  void add(std::string_view camera);

  // The page of the first camera, as at `/`, without its PageOpening.
  std::string_view root() const { return root_; }
  // The page of a camera, as at /cameras/NAME, without its PageOpening.
  std::string_view camera(size_t index) const { return cameras_[index]; }
  // The whole page of all cameras, with a mark where the tiles go (CamerasPage).
  std::string_view all() const { return all_; }

  // Content-Security-Policy of root() and camera(), to which the opening's source must be appended,
  // and of all().
  std::string_view camera_policy() const { return camera_policy_; }
  std::string_view all_policy() const { return all_policy_; }

 private:
  const std::string version_;
  const PageExtras extras_;
  std::string root_;
  std::vector<std::string> cameras_;  // as many as there are; empty ones are added later
  size_t added_ = 0;
  std::string all_;
  std::string camera_policy_;
  std::string all_policy_;
};

// The first lines of a camera's page, with the width and height of its picture for the style: the
// browser reserves a place of that shape before the first picture arrives, so the layout does not
// jump.
// Owns: the text. Thread: any one.
class PageOpening {
 public:
  // 0: not known yet; 16 to 9 is assumed.
  PageOpening(uint64_t width, uint64_t height) noexcept;

  std::string_view text() const { return {text_.data(), size_}; }
  // The hash of its style, which the policy must allow.
  const SourceHash& source() const { return source_; }

 private:
  std::array<char, 192> text_;
  size_t size_;
  SourceHash source_;
};

}  // namespace fanlight
