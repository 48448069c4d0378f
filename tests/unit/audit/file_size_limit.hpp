#pragma once

#include <csignal>
#include <stdexcept>
#include <sys/resource.h>

namespace certbound::audit {

/// As long as it lives no file of this process grows beyond `bytes`: how a full disk looks to a program.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : signal_{std::signal(SIGXFSZ, SIG_IGN)} {
    if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) throw std::runtime_error{"getrlimit"};
    ::rlimit limit = before_;
    limit.rlim_cur = bytes;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error{"setrlimit"};
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  void (*signal_)(int);
  ::rlimit before_{};
};

}  // namespace certbound::audit
