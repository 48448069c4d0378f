// Runs a fuzz target over its corpus without libFuzzer: every file of the folders given, whole and cut at every byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Cutting costs the square of the length, so a long file is cut at its first and last bytes and at strides between.
constexpr std::size_t kCutEverywhere = 4096;
constexpr std::size_t kCuts = 2048;

bool has_cut_at(std::size_t length, std::size_t size) {
  if (size <= kCutEverywhere) return true;
  if (length < kCuts / 2 || size - length < kCuts / 4) return true;
  return length % (size / (kCuts / 4) + 1) == 0;
}

// A copy of exactly `length` bytes on the heap, so that AddressSanitizer sees a read past its end.
void run_copy(const std::vector<std::uint8_t>& bytes, std::size_t length) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

bool replay(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return false;
  }
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    if (has_cut_at(length, bytes.size())) run_copy(bytes, length);
  }
  run_copy(bytes, bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{argv[i], error}) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    if (error) std::fprintf(stderr, "%s: %s\n", argv[i], error.message().c_str());
  }
  if (paths.empty()) {
    std::fprintf(stderr, "no corpus; a target without seeds tests nothing\n");
    return 1;
  }
  std::sort(paths.begin(), paths.end());
  const bool readable = std::all_of(paths.begin(), paths.end(), replay);
  std::printf("%zu files\n", paths.size());
  return readable ? 0 : 1;
}
