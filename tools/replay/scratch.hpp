// A directory of our own for what a replay leaves behind; gone with everything in it when the object goes.
#pragma once

#include <string>

namespace larder::tools::replay {

class Scratch {
  public:
    /// In `parent`; where that is empty in $TMPDIR, else in /dev/shm, else in /tmp. Throws Failure.
    explicit Scratch(const std::string& parent);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    /// Leaves everything where it is.
    void keep() noexcept { keep_ = true; }

  private:
    std::string directory_;
    bool keep_ = false;
};

}  // namespace larder::tools::replay
