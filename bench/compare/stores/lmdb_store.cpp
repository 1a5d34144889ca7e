// LMDB: a B+tree in a mapped file; readers never wait, one writer. Opened as a cache would: written back when the kernel likes.
#include "compare/peer.hpp"

#include <lmdb.h>
#include <unistd.h>

#include <stdexcept>

namespace larder::bench {

namespace {

void require(int code, const char* what) {
    if (code != MDB_SUCCESS) throw std::runtime_error(std::string("lmdb ") + what + ": " + mdb_strerror(code));
}

MDB_val as_value(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

class LmdbStore {
  public:
    static constexpr Traits kTraits{.name = "lmdb", .says = "LMDB, WRITEMAP NOSYNC MAPASYNC", .kind = Kind::shared, .rank = 24};

    class Session {
      public:
        Session(MDB_env* environment, MDB_dbi table) : environment_(environment), table_(table) {
            require(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &reader_), "reader");
            mdb_txn_reset(reader_);
        }
        ~Session() { mdb_txn_abort(reader_); }
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

        bool get(const Step& step, Answer& answer) {
            if (mdb_txn_renew(reader_) != MDB_SUCCESS) return false;
            MDB_val key = as_value(step.key());
            MDB_val value{};
            const bool hit = mdb_get(reader_, table_, &key, &value) == MDB_SUCCESS && answer.copy(value.mv_data, value.mv_size);
            mdb_txn_reset(reader_);
            return hit;
        }
        bool set(const Step& step, std::string_view bytes) {
            MDB_txn* writer = nullptr;
            if (mdb_txn_begin(environment_, nullptr, 0, &writer) != MDB_SUCCESS) return false;
            MDB_val key = as_value(step.key());
            MDB_val value = as_value(bytes);
            if (mdb_put(writer, table_, &key, &value, 0) != MDB_SUCCESS) {
                mdb_txn_abort(writer);
                return false;
            }
            return mdb_txn_commit(writer) == MDB_SUCCESS;
        }

      private:
        MDB_env* environment_;
        MDB_dbi table_;
        MDB_txn* reader_ = nullptr;
    };

    LmdbStore(const Place& place, Opening opening) : path_(place.path) {
        require(mdb_env_create(&environment_), "create");
        const std::uint64_t record = std::uint64_t{place.value_size} + 256;
        // Values of a few KiB take whole pages of the tree, half of each lost.
        require(mdb_env_set_mapsize(environment_, place.records * record * 3 + (std::uint64_t{64} << 20U)), "size");
        const unsigned flags = MDB_NOSUBDIR | MDB_WRITEMAP | MDB_NOSYNC | MDB_MAPASYNC | MDB_NOTLS | MDB_NORDAHEAD;
        require(mdb_env_open(environment_, path_.c_str(), flags, 0600), "open");
        MDB_txn* transaction = nullptr;
        require(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
        require(mdb_dbi_open(transaction, nullptr, opening == Opening::create ? MDB_CREATE : 0U, &table_), "table");
        require(mdb_txn_commit(transaction), "commit");
    }
    ~LmdbStore() { mdb_env_close(environment_); }
    LmdbStore(const LmdbStore&) = delete;
    LmdbStore& operator=(const LmdbStore&) = delete;

    std::unique_ptr<Session> session() { return std::make_unique<Session>(environment_, table_); }
    std::uint64_t footprint() { return file_footprint(path_); }
    static void remove(const Place& place) {
        unlink(place.path.c_str());
        unlink((place.path + "-lock").c_str());
    }

  private:
    std::string path_;
    MDB_env* environment_ = nullptr;
    MDB_dbi table_ = 0;
};

const bool registered = register_peer<LmdbStore>();

}  // namespace

}  // namespace larder::bench
