// SPDX-License-Identifier: Apache-2.0
#include "core/descriptor_reserve.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace fanlight {

DescriptorReserve::DescriptorReserve(size_t count) {
  descriptors_.reserve(count);
  while (descriptors_.size() < count) {
    Fd descriptor(::eventfd(0, EFD_CLOEXEC));
    if (!descriptor) {
      const int error = errno;
      descriptors_.clear();  // error handling may need some
      throw std::system_error(error, std::system_category(), "descriptors");
    }
    descriptors_.push_back(std::move(descriptor));
  }
}

}  // namespace fanlight
