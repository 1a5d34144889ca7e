// tkrzw: HashDBM, a hash file that one process may write or several may read; and TinyDBM, a hash map private to one process.
#include "compare/peer.hpp"

#include <tkrzw_dbm_hash.h>
#include <tkrzw_dbm_tiny.h>
#include <unistd.h>

#include <stdexcept>

namespace larder::bench {

namespace {

template <class Dbm>
class TkrzwSession {
  public:
    explicit TkrzwSession(Dbm& dbm) : dbm_(dbm) {}
    bool get(const Step& step, Answer& answer) {
        if (dbm_.Get(step.key(), &value_) != tkrzw::Status::SUCCESS) return false;
        answer.show(value_);
        return true;
    }
    bool set(const Step& step, std::string_view value) { return dbm_.Set(step.key(), value) == tkrzw::Status::SUCCESS; }

  private:
    Dbm& dbm_;
    std::string value_;
};

class HashStore {
  public:
    static constexpr Traits kTraits{
        .name = "tkrzw", .says = "tkrzw HashDBM", .kind = Kind::shared, .rank = 20, .readers_only = true};

    HashStore(const Place& place, Opening opening) : path_(place.path) {
        tkrzw::HashDBM::TuningParameters tuning;
        tuning.num_buckets = place.records;
        const bool writable = opening != Opening::attach_read_only;
        const int options = opening == Opening::create ? tkrzw::File::OPEN_TRUNCATE : tkrzw::File::OPEN_DEFAULT;
        const tkrzw::Status status = dbm_.OpenAdvanced(path_, writable, options, tuning);
        if (status != tkrzw::Status::SUCCESS) throw std::runtime_error("tkrzw: " + tkrzw::ToString(status));
    }
    ~HashStore() { dbm_.Close(); }
    HashStore(const HashStore&) = delete;
    HashStore& operator=(const HashStore&) = delete;

    std::unique_ptr<TkrzwSession<tkrzw::HashDBM>> session() { return std::make_unique<TkrzwSession<tkrzw::HashDBM>>(dbm_); }
    std::uint64_t footprint() {
        std::int64_t size = 0;  // what is in use: the file itself is allocated ahead
        if (dbm_.GetFileSize(&size) != tkrzw::Status::SUCCESS) return file_footprint(path_);
        return static_cast<std::uint64_t>(size);
    }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    std::string path_;
    tkrzw::HashDBM dbm_;
};

class TinyStore {
  public:
    static constexpr Traits kTraits{
        .name = "tkrzw-tiny", .says = "tkrzw TinyDBM", .kind = Kind::private_map, .rank = 42, .two_processes = false};

    TinyStore(const Place& place, Opening) : dbm_(place.records) {}
    std::unique_ptr<TkrzwSession<tkrzw::TinyDBM>> session() { return std::make_unique<TkrzwSession<tkrzw::TinyDBM>>(dbm_); }
    std::uint64_t footprint() { return memory_footprint(); }
    static void remove(const Place&) {}

  private:
    tkrzw::TinyDBM dbm_;
};

const bool registered = register_peer<HashStore>() && register_peer<TinyStore>();

}  // namespace

}  // namespace larder::bench
