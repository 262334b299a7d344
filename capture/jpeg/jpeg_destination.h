// SPDX-License-Identifier: Apache-2.0
// JpegDestination: lets libjpeg write into memory of a fixed size (libjpeg.txt, "Compressed data
// handling").
#pragma once

#include <cstddef>
#include <cstdio>  // jpeglib.h wants it
#include <span>

#include <jpeglib.h>

// It needs jpeglib.h before it.
#include <jerror.h>

namespace fanlight {

// libjpeg requests more room as soon as there is none, whether or not it has more to write. The
// next byte then goes into a spare one, and the one after it is an error.
// Owns: nothing but the spare byte. Thread: one at a time.
// Invariant: writes only within `out`.
class JpegDestination {
 public:
  explicit JpegDestination(std::span<std::byte> out) : out_(out) {
    manager_.init_destination = [](j_compress_ptr) {};
    manager_.term_destination = [](j_compress_ptr) {};
    manager_.empty_output_buffer = on_full;
    manager_.next_output_byte = reinterpret_cast<JOCTET*>(out.data());
    manager_.free_in_buffer = out.size();
    if (out.empty()) use_spare();
  }
  JpegDestination(const JpegDestination&) = delete;

  // Must outlive the picture that `info` writes.
  void attach(jpeg_compress_struct& info) { info.dest = &manager_; }

  bool is_too_large() const { return times_full_ > 1; }
  // Bytes written, once the picture is complete.
  size_t size() const {
    return times_full_ == 0 ? out_.size() - manager_.free_in_buffer : out_.size();
  }

 private:
  void use_spare() {
    ++times_full_;
    manager_.next_output_byte = &spare_;
    manager_.free_in_buffer = 1;
  }
  static boolean on_full(j_compress_ptr info) {
    auto* destination = reinterpret_cast<JpegDestination*>(info->dest);
    destination->use_spare();
    if (destination->is_too_large()) ERREXIT(info, JERR_FILE_WRITE);
    return TRUE;
  }

  jpeg_destination_mgr manager_{};  // first member, so that libjpeg's pointer to it points to this
  const std::span<std::byte> out_;
  JOCTET spare_ = 0;
  int times_full_ = 0;
};

}  // namespace fanlight
