#include "verifier/last_good.hpp"

#include <exception>
#include <random>

namespace certbound::verifier {

double draw_random() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(generator);
}

Result<std::string> ask_source(const Fetch& fetch) {
  if (!fetch) return invalid_input("there is no source to ask");
  try {
    auto text = fetch();
    if (!text || text->empty()) return invalid_input("the source gave nothing");
    return *std::move(text);
  } catch (const std::exception& exception) {
    return invalid_input(std::string{"the source: "} + exception.what());
  }
}

}  // namespace certbound::verifier
