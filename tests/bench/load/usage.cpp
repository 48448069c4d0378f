#include "usage.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace certbound::load {

namespace {

namespace fs = std::filesystem;

std::uint64_t tick_ns() {
  static const auto tick = 1'000'000'000UL / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return tick;
}

std::string read_line(const fs::path& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

/// The fields of /proc/PID/stat after the program's name, which may hold blanks and parentheses: state is the first of
/// them.
std::vector<std::string> stat_fields(const fs::path& process) {
  const std::string line = read_line(process / "stat");
  const auto end = line.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  std::istringstream rest{line.substr(end + 1)};
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

std::uint64_t to_number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

fs::path directory_of(pid_t process) { return fs::path{"/proc"} / std::to_string(process); }

bool is_running(pid_t process) {
  const auto fields = stat_fields(directory_of(process));
  return !fields.empty() && fields.front() != "Z" && fields.front() != "X";
}

std::map<pid_t, pid_t> read_parents() {
  std::map<pid_t, pid_t> parents;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const auto process = static_cast<pid_t>(to_number(entry.path().filename().string()));
    if (process == 0) continue;
    if (const auto fields = stat_fields(entry.path()); fields.size() > 1) {
      parents[process] = static_cast<pid_t>(to_number(fields[1]));
    }
  }
  return parents;
}

std::uint64_t resident_kib(const fs::path& process) {
  std::istringstream line{read_line(process / "statm")};
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  line >> whole >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

void add_threads(const fs::path& process, std::map<pid_t, std::uint64_t>& thread_ns) {
  std::error_code gone;
  for (const auto& task : fs::directory_iterator{process / "task", gone}) {
    std::istringstream line{read_line(task.path() / "schedstat")};
    std::uint64_t on_cpu_ns = 0;
    if (line >> on_cpu_ns) thread_ns[static_cast<pid_t>(to_number(task.path().filename().string()))] = on_cpu_ns;
  }
}

}  // namespace

Result<std::vector<pid_t>> find_server_processes(const std::vector<pid_t>& roots) {
  for (const pid_t root : roots) {
    if (!is_running(root)) return invalid_input("process " + std::to_string(root) + " does not run");
  }
  std::vector<pid_t> found = roots;
  const auto parents = read_parents();
  // The list grows while it is walked: children, then their children.
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [process, parent] : parents) {
      const bool is_new = std::find(found.begin(), found.end(), process) == found.end();
      if (parent == found[i] && is_new) found.push_back(process);
    }
  }
  return found;
}

Result<ServerUsage> read_server_usage(const std::vector<pid_t>& processes) {
  constexpr std::size_t kUserTime = 11;
  constexpr std::size_t kSystemTime = 12;
  ServerUsage usage;
  for (const pid_t process : processes) {
    const auto directory = directory_of(process);
    const auto fields = stat_fields(directory);
    if (fields.size() <= kSystemTime || fields.front() == "Z") {
      return invalid_input("process " + std::to_string(process) + " ended");
    }
    usage.ticks_ns += (to_number(fields[kUserTime]) + to_number(fields[kSystemTime])) * tick_ns();
    usage.rss_kib += resident_kib(directory);
    add_threads(directory, usage.thread_ns);
  }
  return usage;
}

std::uint64_t cpu_between(const ServerUsage& before, const ServerUsage& after) {
  std::uint64_t sum = 0;
  for (const auto& [thread, ns] : after.thread_ns) sum += ns;
  for (const auto& [thread, ns] : before.thread_ns) {
    if (!after.thread_ns.contains(thread)) return after.ticks_ns - before.ticks_ns;
    sum -= ns;
  }
  return after.thread_ns.empty() ? after.ticks_ns - before.ticks_ns : sum;
}

Result<MachineUsage> read_machine_usage() {
  std::istringstream line{read_line("/proc/stat")};
  std::string label;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft_interrupts = 0, stolen = 0;
  if (!(line >> label >> user >> nice >> system >> idle >> waiting >> interrupts >> soft_interrupts >> stolen)) {
    return internal_error("/proc/stat cannot be read");
  }
  const std::uint64_t busy = user + nice + system + interrupts + soft_interrupts + stolen;
  return MachineUsage{.busy_ns = busy * tick_ns(),
                      .cpus = static_cast<unsigned>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L))};
}

std::uint64_t read_own_cpu() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000UL + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace certbound::load
