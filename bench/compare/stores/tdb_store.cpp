// tdb: Samba's hash file, with its robust mutexes (its faster way of locking). A handle is for one thread.
#include "compare/peer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <tdb.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace larder::bench {

namespace {

TDB_DATA as_data(std::string_view bytes) {
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), bytes.size()};
}

int copy_out(TDB_DATA, TDB_DATA value, void* answer) {
    return static_cast<Answer*>(answer)->copy(value.dptr, value.dsize) ? 0 : -1;
}

class TdbStore {
  public:
    static constexpr Traits kTraits{
        .name = "tdb", .says = "tdb, robust mutexes", .kind = Kind::shared, .rank = 23, .two_threads = false};

    class Session {
      public:
        explicit Session(TDB_CONTEXT* context) : context_(context) {}
        bool get(const Step& step, Answer& answer) {
            return tdb_parse_record(context_, as_data(step.key()), copy_out, &answer) == 0;
        }
        bool set(const Step& step, std::string_view value) {
            return tdb_store(context_, as_data(step.key()), as_data(value), 0) == 0;
        }

      private:
        TDB_CONTEXT* context_;
    };

    TdbStore(const Place& place, Opening opening) : path_(place.path) {
        constexpr int kMostChains = 1 << 24;
        const int chains = static_cast<int>(std::min<std::uint32_t>(place.records, kMostChains));
        int flags = TDB_NOSYNC | TDB_INCOMPATIBLE_HASH;
        if (tdb_runtime_check_for_robust_mutexes()) flags |= TDB_MUTEX_LOCKING | TDB_CLEAR_IF_FIRST;
        const int mode = opening == Opening::create ? O_RDWR | O_CREAT : O_RDWR;
        context_ = tdb_open(path_.c_str(), chains, flags, mode, 0600);
        if (context_ == nullptr) throw std::runtime_error("tdb does not open");
    }
    ~TdbStore() { tdb_close(context_); }
    TdbStore(const TdbStore&) = delete;
    TdbStore& operator=(const TdbStore&) = delete;

    std::unique_ptr<Session> session() { return std::make_unique<Session>(context_); }
    std::uint64_t footprint() { return file_footprint(path_); }
    static void remove(const Place& place) { unlink(place.path.c_str()); }

  private:
    std::string path_;
    TDB_CONTEXT* context_ = nullptr;
};

const bool registered = register_peer<TdbStore>();

}  // namespace

}  // namespace larder::bench
