// SPDX-License-Identifier: Apache-2.0
// floor: the bare server whose CPU time per frame is the floor against which Fanlight is measured.
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "bench/floor/server.h"
#include "bench/micro/jpegs.h"
#include "core/fd.h"
#include "core/part.h"
#include "core/time.h"
#include "http/protocol/response.h"
#include "io/listener.h"
#include "tools/flags/exit_code.h"
#include "tools/flags/units.h"

namespace fanlight {
namespace {

struct Arguments {
  FloorOptions options;
  int port = 0;
  std::string frames;
  std::string fps = "30";
  std::string congestion;
  unsigned processes = 1;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

void declare(CLI::App& app, Arguments& arguments) {
  const std::map<std::string, FloorOptions::Method> methods = {
      {"send", FloorOptions::Method::send},
      {"sendfile", FloorOptions::Method::sendfile},
      {"uring", FloorOptions::Method::uring}};
  FloorOptions& options = arguments.options;
  app.add_option("port", arguments.port, "0: a free one")->check(CLI::Range(0, 65535));
  app.add_option("--frames", arguments.frames, "directory of JPEGs")->required();
  app.add_option("--fps", arguments.fps, "frames per second, or `max`");
  app.add_option("--method", options.method, "send, sendfile or uring")
      ->transform(CLI::CheckedTransformer(methods));
  app.add_option("--congestion", arguments.congestion, "algorithm; default: the kernel's");
  app.add_option("--processes", arguments.processes, "share the port by SO_REUSEPORT")
      ->check(CLI::Range(1, 64));
  const std::map<std::string, bool> switches = {{"on", true}, {"off", false}};
  app.add_option("--waitall", options.wait_all, "uring: MSG_WAITALL (on)")
      ->transform(CLI::CheckedTransformer(switches));
  app.add_option("--batch", options.batch, "uring: sends submitted at once (64)")
      ->check(CLI::Range(1, 16384));
  app.add_flag("--direct", options.direct, "uring: direct descriptors");
  CLI::Option* zero_copy = app.add_flag("--zero-copy", options.zero_copy, "uring: SEND_ZC");
  app.add_flag("--registered", options.registered, "uring: from a registered buffer")
      ->needs(zero_copy);
  app.add_flag("--bundle", options.bundle, "uring: head, JPEG and delimiter as a bundle")
      ->excludes(zero_copy);
}

Arguments parse(int argc, char** argv) {
  CLI::App app{"The bare kernel: sends frames as Fanlight would, and does nothing else."};
  Arguments arguments;
  declare(app, arguments);
  try {
    app.parse(argc, argv);
    if (arguments.fps != "max") {
      arguments.options.interval = from_seconds(1 / parse_number(arguments.fps, 0.01, 10'000));
    }
  } catch (const CLI::Success& help) {
    std::exit(app.exit(help));
  } catch (const std::exception& error) {
    throw StartError(ExitCode::usage, error.what());
  }
  return arguments;
}

// Accepted sockets inherit it (tcp(7)). Returns the one in force.
std::string set_congestion_control(int listener, const std::string& name) {
  if (!name.empty() && ::setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                                    static_cast<socklen_t>(name.size())) != 0) {
    fail("congestion control " + name);
  }
  std::array<char, 16> in_force{};
  socklen_t size = in_force.size() - 1;
  if (::getsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, in_force.data(), &size) != 0) {
    fail("congestion control");
  }
  return in_force.data();
}

void allow_all_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Fd catch_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return Fd(::signalfd(-1, &signals, SFD_CLOEXEC));
}

// Fanlight's response to GET /stream, with the current date, and the first delimiter.
std::string make_stream_head() {
  std::array<char, 1024> room{};
  DateField date;
  ResponseContext context;
  context.date = date.at(read_wall_clock());
  context.keep_alive = false;
  context.embedding = Embedding::unstated;
  ResponseHead head(room, 200, context);
  head.field("Content-Type: multipart/x-mixed-replace; boundary={}", kBoundary);
  head.field("Cache-Control: no-store, no-cache, must-revalidate, max-age=0");
  head.field("Pragma: no-cache").field("X-Accel-Buffering: no");
  std::string text(head.finish());
  return text.append(kPartDelimiter.substr(2));
}

// Forks the other processes; returns the number of this one.
unsigned fork_processes(unsigned processes, std::vector<pid_t>& children) {
  const pid_t parent = ::getpid();
  for (unsigned number = 1; number < processes; ++number) {
    const pid_t pid = ::fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
      children.clear();
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != parent) ::raise(SIGTERM);
      return number;
    }
    children.push_back(pid);
  }
  return 0;
}

void run(const Arguments& arguments) {
  const bool by_sendfile = arguments.options.method == FloorOptions::Method::sendfile;
  std::vector<std::string> jpegs = read_jpegs(arguments.frames);
  if (jpegs.empty()) throw StartError(ExitCode::no_input, "no .jpg in " + arguments.frames);
  allow_all_descriptors();
  const Listener listener({ListenAddress::Family::tcp4, "127.0.0.1", arguments.port},
                          arguments.processes, SocketTuning{});
  std::string congestion;
  for (unsigned number = 0; number < arguments.processes; ++number) {
    congestion = set_congestion_control(listener.fd(number), arguments.congestion);
  }
  const Fd stop = catch_stop_signals();
  fmt::print(stderr, "listening on {}\ncongestion control {}\n", listener.url(), congestion);

  std::vector<pid_t> children;
  const unsigned number = fork_processes(arguments.processes, children);
  FramePool frames(std::move(jpegs),
                   by_sendfile ? FramePool::Memory::memfd : FramePool::Memory::mapping);
  const auto serve =
      arguments.options.method == FloorOptions::Method::uring ? serve_by_uring : serve_by_epoll;
  const FloorFigures figures =
      serve(arguments.options, listener.fd(number), stop.get(), frames, make_stream_head());
  for (const pid_t child : children) ::kill(child, SIGTERM);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  fmt::print(stderr, "frames {} of {}, copied {}\n", figures.frames, frames.sequence(),
             figures.copied);
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  using namespace fanlight;
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const StartError& error) {
    fmt::print(stderr, "floor: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "floor: {}\n", error.what());
    return static_cast<int>(ExitCode::system_error);
  }
}
