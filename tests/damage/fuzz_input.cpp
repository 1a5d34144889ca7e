#include "tests/damage/fuzz_input.hpp"

#include "engine/format/hash.hpp"
#include "engine/format/header.hpp"

#include <algorithm>
#include <cstring>

namespace larder::tests {
namespace {

// The bytes of an input, one number after the other; zeros behind its end.
class Numbers {
  public:
    explicit Numbers(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}
    bool more() const noexcept { return at_ < bytes_.size(); }
    std::uint8_t byte() noexcept { return more() ? bytes_[at_++] : std::uint8_t{0}; }
    std::uint32_t number(int count) noexcept {
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i) value = (value << 8U) | byte();
        return value;
    }

  private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

void change(Image& image, Numbers& numbers) {
    const std::uint8_t kind = numbers.byte();
    if (kind >= 128) {
        Random random(numbers.number(4));
        return Mutation(image.bytes(), image.layout(), random).change();
    }
    const std::uint32_t position = numbers.number(3);
    const auto& pages = image.pages();
    std::size_t at = pages[position / kSnapshotPage % pages.size()] + position % kSnapshotPage;
    for (int left = kind % 16 + 1; left > 0 && at < image.bytes().size(); --left)
        image.bytes()[at++] = static_cast<std::byte>(numbers.byte());
}

void seal_identity(Image& image) {
    constexpr std::size_t kAt = offsetof(format::FileHeader, identity_checksum);
    // But not another seed of the hash (Mutation::change_identity() says why).
    image.restore_hash_seed();
    const std::uint64_t checksum = format::hash_bytes(image.bytes().data(), kAt);
    std::memcpy(image.bytes().data() + kAt, &checksum, sizeof checksum);
}

}  // namespace

FuzzInput::FuzzInput() {
    for (unsigned i = 0; i < kFillings; ++i)
        images_[i] = std::make_unique<Image>(directory_.file("cache" + std::to_string(i)), static_cast<Filling>(i));
}

std::string FuzzInput::run(std::span<const std::uint8_t> bytes) {
    constexpr int kMostChanges = 64;
    Numbers numbers(bytes);
    const std::uint8_t choices = numbers.byte();
    Image& image = *images_[(choices & 3U) % kFillings];
    Random random(numbers.number(4));
    image.restore();
    for (int i = 0; i < kMostChanges && numbers.more(); ++i) change(image, numbers);
    if ((choices & 8U) != 0) seal_identity(image);
    if ((choices & 4U) != 0) image.mark_as_of_another_boot();
    Usage usage(counts_);
    usage.open_and_use(image.path(), (choices & 4U) != 0, random);
    return usage.wrong();
}

}  // namespace larder::tests
