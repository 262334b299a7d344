// SPDX-License-Identifier: Apache-2.0
// Pages: the pages at `/`, `/cameras/NAME` and `/cameras`.
//
// They are made once, at start, from page.html and cameras.html, each of which becomes one text
// with its style and its script. Their URLs are relative ones, so
// that they also work where a proxy shows the server under a path of its own.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanlight {

// Owns: the texts. Thread: made by one, constant afterwards.
class Pages {
 public:
  // `cameras`: their names, of [a-z0-9-], at least one. Throws std::bad_alloc.
  explicit Pages(std::span<const std::string> cameras);

  // The page of the first camera, as it is at `/`.
  std::string_view root() const { return root_; }
  // The page of a camera, as it is at /cameras/NAME.
  std::string_view camera(size_t index) const { return cameras_[index]; }
  // The page of all cameras, with a mark where the tiles go (CamerasPage).
  std::string_view all() const { return all_; }

  // Content-Security-Policy of root() and camera(), and of all().
  std::string_view camera_policy() const { return camera_policy_; }
  std::string_view all_policy() const { return all_policy_; }

 private:
  std::string root_;
  std::vector<std::string> cameras_;
  std::string all_;
  std::string camera_policy_;
  std::string all_policy_;
};

}  // namespace fanlight
