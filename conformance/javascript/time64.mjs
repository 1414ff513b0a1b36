// Appendix F: the names of musl 1.2.0 for 64-bit time_t, and objects that use both widths. The row
// of dlsym is left out: it passes no time.

// Their added name is __NAME64.
const SHORT = `
  adjtime clock_adjtime clock_gettime clock_settime ctime difftime ftime gmtime localtime mktime stime
  time timer_gettime timer_settime timerfd_gettime timerfd_settime utime
`;
// Their added name is __NAME_time64.
const LONG = `
  adjtimex aio_suspend clock_getres clock_nanosleep cnd_timedwait fstat fstatat futimens futimes futimesat
  getitimer getrusage gettimeofday lstat lutimes mq_timedreceive mq_timedsend mtx_timedlock nanosleep
  ppoll pselect pthread_cond_timedwait pthread_mutex_timedlock pthread_rwlock_timedrdlock
  pthread_rwlock_timedwrlock pthread_timedjoin_np recvmmsg sched_rr_get_interval select sem_timedwait
  semtimedop setitimer settimeofday sigtimedwait stat thrd_sleep timegm timespec_get utimensat utimes
  wait3 wait4
`;
const REENTRANT = ["ctime", "gmtime", "localtime"]; // Of NAME_r, it is __NAME64_r.
const AFFECTED = ["i686", "armv7l", "armv6l"];

const words = (text) => text.trim().split(/\s+/);

const PLAIN = new Set([...words(SHORT), ...words(LONG), ...REENTRANT.map((name) => `${name}_r`)]);
const ADDED = new Set([
  ...words(SHORT).map((name) => `__${name}64`),
  ...words(LONG).map((name) => `__${name}_time64`),
  ...REENTRANT.map((name) => `__${name}64_r`),
]);

/**
 * The reasons that the widths of time_t give, a list. `needs` has, for each object, the symbols
 * that it needs from musl. Implements time64.mixed-object.
 */
export function timeReasons(needs, arch) {
  if (!AFFECTED.includes(arch)) return [];
  const plain = needs.map((names) => names.some((name) => PLAIN.has(name)));
  const added = needs.map((names) => names.some((name) => ADDED.has(name)));
  const both = plain.filter((uses, i) => uses && added[i]).length;
  const users = plain.filter((uses, i) => uses || added[i]).length;
  const reasons = both > 0 ? ["mixed-time"] : [];
  // One object alone does not differ from another.
  if (plain.includes(true) && added.includes(true) && users > 1) reasons.push("mixed-time-across");
  return reasons;
}
