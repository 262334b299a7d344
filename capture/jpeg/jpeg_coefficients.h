// SPDX-License-Identifier: Apache-2.0
// JpegCoefficients: a JPEG decoded by libjpeg as far as the coefficients of its blocks, without
// their pixels (libjpeg.txt, "Compressed data (coefficients)").
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h wants it
#include <span>

#include <jpeglib.h>

namespace fanlight {

// libjpeg reports an error by a function that must not return. This one jumps back to run(), over
// frames of C and over lambdas that own nothing.
// Thread: one at a time.
class LibJpegErrors {
 public:
  LibJpegErrors() noexcept;
  LibJpegErrors(const LibJpegErrors&) = delete;

  // To be called before jpeg_create_*(), so that what libjpeg finds in `info` comes here.
  template <typename Info>
  void watch(Info& info) noexcept {
    info.err = &manager_;
    info.client_data = this;
  }

  // False when libjpeg gave up within `work`, which is left where it was; code() says why.
  template <typename Work>
  bool run(const Work& work) noexcept {
    if (setjmp(on_error_) != 0) return false;
    work();
    return true;
  }

  int code() const { return code_; }  // of jerror.h
  bool lacks_memory() const;
  int warnings() const { return warnings_; }
  // The entropy-coded data ended before the picture did, or was no code.
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

// Owns: a libjpeg decompressor, which is new for each picture: libjpeg keeps tables of the one
//   before, and takes them for those that a picture lacks.
// Thread: one at a time.
class JpegCoefficients {
 public:
  // `data` must stay; it is not copied. Call nothing else outside of errors.run().
  JpegCoefficients(std::span<const std::byte> data, LibJpegErrors& errors) noexcept;
  JpegCoefficients(const JpegCoefficients&) = delete;
  ~JpegCoefficients() { jpeg_destroy_decompress(&info_); }

  // Up to the first scan. Segments of `kept_marker`, if it is not 0, stay in info().marker_list.
  void read_head(int kept_marker = 0);
  // An array for each component. They take two bytes for each sample, and with all else that is
  // asked of info().mem at most half of the machine's memory.
  jvirt_barray_ptr* read();

  jpeg_decompress_struct& info() { return info_; }

 private:
  static void limit_scans(j_common_ptr info);

  const std::span<const std::byte> data_;
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
};

// Whether the entropy-coded data holds every block of every component, in full precision. Takes as
// long as decoding does without the pixels. False when there is not enough memory to know.
bool has_all_blocks(std::span<const std::byte> jpeg) noexcept;

// How much of `data` is a picture with all blocks; 0 when it is cut off. `size` is where a reader
// found its end, and is too small where the picture's last byte looked like padding.
size_t size_of_whole(std::span<const std::byte> data, size_t size) noexcept;

}  // namespace fanlight
