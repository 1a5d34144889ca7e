// The commands. Each is one function in the file of its name, which declares the command's arguments and hands
// Session::on() what to do when it is asked for. main() calls them all.
#pragma once

namespace CLI {
class App;
}

namespace larder::tools {

class Session;

void add_create(CLI::App& app, Session& session);
void add_get(CLI::App& app, Session& session);
void add_set(CLI::App& app, Session& session);
void add_add(CLI::App& app, Session& session);
void add_replace(CLI::App& app, Session& session);
void add_del(CLI::App& app, Session& session);
void add_incr(CLI::App& app, Session& session);
void add_decr(CLI::App& app, Session& session);
void add_touch(CLI::App& app, Session& session);
void add_append(CLI::App& app, Session& session);
void add_prepend(CLI::App& app, Session& session);
void add_contains(CLI::App& app, Session& session);
void add_info(CLI::App& app, Session& session);
void add_keys(CLI::App& app, Session& session);
void add_stat(CLI::App& app, Session& session);
void add_procs(CLI::App& app, Session& session);
void add_dump(CLI::App& app, Session& session);
void add_load(CLI::App& app, Session& session);
void add_flush(CLI::App& app, Session& session);
void add_resize(CLI::App& app, Session& session);
void add_verify(CLI::App& app, Session& session);
void add_recover(CLI::App& app, Session& session);
void add_clear(CLI::App& app, Session& session);
void add_version(CLI::App& app, Session& session);
void add_replay(CLI::App& app, Session& session);  // tools/replay/

}  // namespace larder::tools
