// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_coefficients.h"

#include <jerror.h>
#include <unistd.h>

#include <algorithm>

namespace fanlight {
namespace {

// TurboJPEG's limit (TJFLAG_LIMITSCANS): each scan of a few bytes makes a decoder process the whole
// picture.
constexpr int kScansMax = 500;

long half_of_the_memory() {
  static const long bytes = ::sysconf(_SC_PHYS_PAGES) / 2 * ::sysconf(_SC_PAGESIZE);
  return bytes;
}

// A component has no table until its first scan (latch_quant_tables()). For a progressive picture
// libjpeg tracks how many bits of each coefficient are still missing.
bool has_all_scans(const jpeg_decompress_struct& info) {
  for (int i = 0; i < info.num_components; ++i) {
    if (info.comp_info[i].quant_table == nullptr) return false;
    if (info.coef_bits == nullptr) continue;
    const int* bits = info.coef_bits[i];
    if (!std::all_of(bits, bits + DCTSIZE2, [](int missing) { return missing == 0; })) return false;
  }
  return true;
}

}  // namespace

LibJpegErrors::LibJpegErrors() noexcept {
  jpeg_std_error(&manager_);
  manager_.error_exit = give_up;
  manager_.emit_message = note;
}

bool LibJpegErrors::lacks_memory() const {
  return code_ == JERR_OUT_OF_MEMORY || code_ == JERR_NO_BACKING_STORE;
}

void LibJpegErrors::give_up(j_common_ptr info) {
  auto* errors = static_cast<LibJpegErrors*>(info->client_data);
  errors->code_ = info->err->msg_code;
  std::longjmp(errors->on_error_, 1);
}

// Warnings have a negative level.
void LibJpegErrors::note(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto* errors = static_cast<LibJpegErrors*>(info->client_data);
  const int code = info->err->msg_code;
  ++errors->warnings_;
  if (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC) {
    errors->is_damaged_ = true;
  }
}

JpegCoefficients::JpegCoefficients(std::span<const std::byte> data, LibJpegErrors& errors) noexcept
    : data_(data) {
  errors.watch(info_);
  progress_.progress_monitor = limit_scans;
}

void JpegCoefficients::read_head(int kept_marker) {
  jpeg_create_decompress(&info_);
  info_.progress = &progress_;
  info_.mem->max_memory_to_use = half_of_the_memory();
  // At the end of the data it gives libjpeg an EOI, and a warning.
  jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(data_.data()), data_.size());
  if (kept_marker != 0) jpeg_save_markers(&info_, kept_marker, 0xffff);
  jpeg_read_header(&info_, TRUE);
}

jvirt_barray_ptr* JpegCoefficients::read() {
  return jpeg_read_coefficients(&info_);
}

void JpegCoefficients::limit_scans(j_common_ptr info) {
  // A descriptive error; libjpeg has none for this.
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kScansMax) {
    ERREXIT(info, JERR_BAD_SCAN_SCRIPT);
  }
}

bool has_all_blocks(std::span<const std::byte> jpeg) noexcept {
  LibJpegErrors errors;
  JpegCoefficients coefficients(jpeg, errors);
  const bool is_read = errors.run([&] {
    coefficients.read_head();
    coefficients.read();
  });
  return is_read && !errors.is_damaged() && has_all_scans(coefficients.info());
}

// The last byte may be 0, or 0xff followed by a stuffed zero.
size_t size_of_whole(std::span<const std::byte> data, size_t size) noexcept {
  if (has_all_blocks(data.first(size))) return size;
  if (size < data.size() && data[size] == std::byte{0xff}) ++size;
  if (size == data.size() || data[size] != std::byte{0}) return 0;
  ++size;
  return has_all_blocks(data.first(size)) ? size : 0;
}

}  // namespace fanlight
