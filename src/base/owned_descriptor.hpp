#pragma once

#include <unistd.h>
#include <utility>

namespace certbound {

/// A file descriptor that is closed with its owner; -1 for none.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int descriptor) : descriptor_{descriptor} {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~OwnedDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int value() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace certbound
