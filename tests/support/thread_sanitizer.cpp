// What ThreadSanitizer has to be told, linked into each program of its build.
//
// GCC 12's knows POSIX threads, and not C11's, which Debian's librdkafka is built on: a thread made by thrd_create crashes at its first lock,
// and what is handed over under mtx_lock looks like a race. In glibc both are the same objects, so these stand before glibc's own.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <new>

namespace {

struct Begin {
    thrd_start_t run;
    void* argument;
};

void* run(void* given) {
    const std::unique_ptr<Begin> begin(static_cast<Begin*>(given));
    const thrd_start_t function = begin->run;
    void* const argument = begin->argument;
    return reinterpret_cast<void*>(static_cast<std::intptr_t>(function(argument)));
}

int told(int error) {
    if (error == 0) return thrd_success;
    return error == EBUSY ? thrd_busy : error == ETIMEDOUT ? thrd_timedout : error == ENOMEM ? thrd_nomem : thrd_error;
}

pthread_mutex_t* posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

/// librdkafka counts references by atomics, which cannot be seen in a library that is not instrumented.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() { return "race:librdkafka.so\n"; }  // NOLINT(bugprone-reserved-identifier): its name

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
    auto begin = std::make_unique<Begin>(Begin{function, argument});
    const int error = ::pthread_create(thread, nullptr, run, begin.get());
    if (error == 0) (void)begin.release();  // run() has it
    return told(error);
}

int thrd_join(thrd_t thread, int* result) {
    void* answer = nullptr;
    const int error = ::pthread_join(thread, &answer);
    if (error == 0 && result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(answer));
    return told(error);
}

int mtx_init(mtx_t* mutex, int type) {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    const int error = ::pthread_mutex_init(posix(mutex), &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    return told(error);
}
int mtx_lock(mtx_t* mutex) { return told(::pthread_mutex_lock(posix(mutex))); }
int mtx_unlock(mtx_t* mutex) { return told(::pthread_mutex_unlock(posix(mutex))); }
void mtx_destroy(mtx_t* mutex) { ::pthread_mutex_destroy(posix(mutex)); }

int cnd_init(cnd_t* condition) { return told(::pthread_cond_init(posix(condition), nullptr)); }
int cnd_signal(cnd_t* condition) { return told(::pthread_cond_signal(posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return told(::pthread_cond_broadcast(posix(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) { return told(::pthread_cond_wait(posix(condition), posix(mutex))); }
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
    return told(::pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) { ::pthread_cond_destroy(posix(condition)); }

}  // extern "C"
#pragma GCC visibility pop
