// SPDX-License-Identifier: Apache-2.0
#include "tools/server/shortage.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <cerrno>

#include "core/descriptor_reserve.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

// Signals, the timer, the service manager, the device watch and its thread's two wakers.
constexpr size_t kAlways = 8;
// The ring or the epoll set, the waker, the spare; and a socket for each address.
constexpr size_t kOfShard = 3;
// The clocks' four wakers, the ring's, the loop's, the memory, the device watch, the device.
constexpr size_t kOfCamera = 9;
constexpr size_t kOfLadder = 2;  // the clock's two wakers
constexpr size_t kOfRung = 2;    // the ring's waker, and its memory
// The frames' waker, the end's, the connection; of a directory, also the clock's two.
constexpr size_t kOfPublisher = 5;
// Probing io_uring, reading a folder, a database or a list of devices.
constexpr size_t kForAMoment = 6;

}  // namespace

bool is_shortage(std::error_code error) noexcept {
  return error == std::errc::too_many_files_open ||
         error == std::errc::too_many_files_open_in_system || error == std::errc::not_enough_memory;
}

std::string_view remedy(std::error_code error) noexcept {
  if (error == std::errc::too_many_files_open) {
    return "; try a higher limit of descriptors: ulimit -n 1024, or LimitNOFILE= in a unit";
  }
  if (error == std::errc::too_many_files_open_in_system) {
    return "; all programs together have too many files open; try sysctl fs.file-max";
  }
  if (error == std::errc::not_enough_memory) {
    return "; try a smaller --max-viewers or --frame-memory, or a higher ulimit -v or -l";
  }
  if (error == std::errc::resource_unavailable_try_again) {  // pthread_create(3)
    return ": no thread is left; try fewer --shards, or a higher ulimit -u or TasksMax= in a unit";
  }
  return {};
}

size_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return limit.rlim_cur;
}

size_t StartNeeds::descriptors() const noexcept {
  return kAlways + kForAMoment + cameras * kOfCamera + ladders * kOfLadder + rungs * kOfRung +
         publishers * kOfPublisher + shards * (kOfShard + listeners);
}

StartNeeds needs_of(const Options& options, unsigned shards) {
  size_t cameras = 0;
  size_t ladders = 0;
  size_t rungs = 0;
  size_t publishers = 0;
  for (const CameraOptions& camera : options.cameras) {
    const size_t count = camera.is_directory() ? camera.max_cameras : 1;
    cameras += count;
    ladders += camera.ladder.is_off() ? 0 : count;
    rungs += most_rungs_of(camera.ladder) * count;
    publishers += camera.publish.empty() && !camera.is_directory() ? 0 : 1;
  }
  return {.shards = shards,
          .listeners = options.listen.size() + options.admin_listen.size(),
          .cameras = cameras,
          .ladders = ladders,
          .rungs = rungs,
          .publishers = publishers};
}

void check_descriptors(const StartNeeds& needs) {
  const size_t wanted = needs.descriptors() + kClientsMin;
  try {
    const DescriptorReserve all(wanted);
  } catch (const std::system_error& error) {
    throw StartError(ExitCode::system_error,
                     fmt::format("{} descriptors are needed, {} of them for clients: {}{}", wanted,
                                 kClientsMin, error.code().message(), remedy(error.code())));
  }
}

}  // namespace fanlight
