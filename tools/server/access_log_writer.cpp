// SPDX-License-Identifier: Apache-2.0
#include "tools/server/access_log_writer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "core/log.h"
#include "tools/flags/exit_code.h"
#include "tools/server/shortage.h"

namespace fanlight {
namespace {

// Shutdown waits this long for the last lines.
constexpr Duration kStopPatience = 500ms;
constexpr std::string_view kStandardOutput = "-";

// Without O_NONBLOCK, opening a pipe that no one reads would block.
Fd open_file(const std::string& path) {
  if (path == kStandardOutput) return {};
  Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                 0640));
  if (!file) throw std::system_error(errno, std::generic_category());
  const int flags = ::fcntl(file.get(), F_GETFL);
  ::fcntl(file.get(), F_SETFL, flags & ~O_NONBLOCK);
  return file;
}

}  // namespace

AccessLogWriter::AccessLogWriter(std::string path)
    : path_(std::move(path)), file_(open_file(path_)), thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "access-log");
}

AccessLogWriter::~AccessLogWriter() {
  log_.stop();
  if (thread_.joinable()) thread_.join();
}

bool AccessLogWriter::stop() noexcept {
  log_.stop();
  {
    std::unique_lock lock(mutex_);
    if (!ended_changed_.wait_for(lock, kStopPatience, [this] { return ended_; })) return false;
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void AccessLogWriter::run() noexcept {
  bool must_stop = false;
  while (!must_stop) {
    const AccessLog::Work work = log_.wait_for_work();
    if (work.must_reopen) open_again();
    write(work);
    must_stop = work.must_stop;
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

void AccessLogWriter::open_again() noexcept {
  if (path_ == kStandardOutput) return;
  try {
    file_ = open_file(path_);
    fails_ = false;
    if (::lseek(file_.get(), 0, SEEK_END) == 0) is_torn_ = false;  // a new file
  } catch (const std::system_error& error) {
    log_error("--access-log {}: {}; the file that was open is used on", path_,
              std::strerror(error.code().value()));
  } catch (const std::exception& error) {
    log_error("--access-log {}: {}; the file that was open is used on", path_, error.what());
  }
}

// What cannot be written is lost and counted. What follows, once there is room, begins on a line of
// its own.
void AccessLogWriter::write(const AccessLog::Work& work) noexcept {
  const bool has_room = !is_torn_ || put("\n").empty();
  const std::string_view left = has_room ? put(work.lines) : work.lines;
  dropped_ += work.dropped + static_cast<uint64_t>(std::ranges::count(left, '\n'));
  if (dropped_ == 0 || !has_room || !left.empty()) return;
  char line[64];
  const auto end = fmt::format_to_n(line, sizeof line, "{{\"dropped\":{}}}\n", dropped_).out;
  if (put({line, static_cast<size_t>(end - line)}).empty()) dropped_ = 0;
}

// With one line in the log about a failure until the file is opened again.
std::string_view AccessLogWriter::put(std::string_view text) noexcept {
  const int fd = path_ == kStandardOutput ? STDOUT_FILENO : file_.get();
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (!std::exchange(fails_, true)) {
        log_error("--access-log {}: {}; requests are missing in it", path_, std::strerror(errno));
      }
      return text;
    }
    const auto length = static_cast<size_t>(written);
    if (length > 0) is_torn_ = text[length - 1] != '\n';
    text.remove_prefix(length);
  }
  return text;
}

std::unique_ptr<AccessLogWriter> open_access_log(const std::string& path) {
  if (path.empty()) return nullptr;
  try {
    return std::make_unique<AccessLogWriter>(path);
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    const bool forbidden = error.code() == std::errc::permission_denied;
    throw StartError(forbidden ? ExitCode::not_permitted : ExitCode::system_error,
                     fmt::format("--access-log {}: {}; name a file that can be written", path,
                                 error.code().message()));
  }
}

}  // namespace fanlight
