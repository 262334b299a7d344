// SPDX-License-Identifier: Apache-2.0
// JpegCoefficients: a JPEG decoded by libjpeg to the coefficients of its blocks, without their
// pixels (libjpeg.txt, "Compressed data (coefficients)").
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h wants it
#include <span>

#include <jpeglib.h>

namespace fanlight {

// libjpeg reports errors through a function that must not return. This one jumps back to run(),
// across C frames and lambdas that own nothing.
// Thread: one at a time.
class LibJpegErrors {
 public:
  LibJpegErrors() noexcept;
  LibJpegErrors(const LibJpegErrors&) = delete;

  // Call before jpeg_create_*(), so that libjpeg's errors in `info` arrive here.
  template <typename Info>
  void watch(Info& info) noexcept {
    info.err = &manager_;
    info.client_data = this;
  }

  // False when libjpeg gave up within `work`, which is abandoned there; code() is the reason.
  template <typename Work>
  bool run(const Work& work) noexcept {
    if (setjmp(on_error_) != 0) return false;
    work();
    return true;
  }

  int code() const { return code_; }  // from jerror.h
  bool lacks_memory() const;
  int warnings() const { return warnings_; }
  // The entropy-coded data ended before the picture did, or had an invalid code.
  bool is_damaged() const { return is_damaged_; }

 private:
  static void give_up(j_common_ptr info);
  static void note(j_common_ptr info, int level);

  jpeg_error_mgr manager_{};
  std::jmp_buf on_error_{};
  int code_ = 0;
  int warnings_ = 0;
  bool is_damaged_ = false;
};

// Owns: a libjpeg decompressor, a new one for each picture: libjpeg keeps the tables of the
//   previous picture, and uses them for those that a picture lacks.
// Thread: one at a time.
class JpegCoefficients {
 public:
  // `data` must stay valid; it is not copied. Call everything below within errors.run().
  JpegCoefficients(std::span<const std::byte> data, LibJpegErrors& errors) noexcept;
  JpegCoefficients(const JpegCoefficients&) = delete;
  ~JpegCoefficients() { jpeg_destroy_decompress(&info_); }

  // Reads up to the first scan. Segments of `kept_marker`, if not 0, stay in info().marker_list.
  void read_head(int kept_marker = 0);
  // An array for each component. They take two bytes per sample, and together with all other
  // allocations from info().mem at most half of the machine's memory.
  jvirt_barray_ptr* read();

  jpeg_decompress_struct& info() { return info_; }

 private:
  static void limit_scans(j_common_ptr info);

  const std::span<const std::byte> data_;
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
};

// Whether the entropy-coded data holds every block of every component, in full precision. Takes as
// long as decoding without the pixels. False when there is not enough memory to find out.
bool has_all_blocks(std::span<const std::byte> jpeg) noexcept;

// How much of `data` is a picture with all blocks; 0 when it is cut off. `size` is the end found by
// a reader, which is too small if the picture's last byte looked like padding.
size_t size_of_whole(std::span<const std::byte> data, size_t size) noexcept;

}  // namespace fanlight
