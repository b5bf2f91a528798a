/*
 * Put in front of the C library by LD_PRELOAD: makes a pseudo-terminal a CDC-ACM port without breaks, as the USB ports in ESP32-S3 and
 * ESP32-C3 and the CH9102 and CH343 bridges are. Linux refuses TIOCCBRK there (drivers/usb/class/cdc-acm.c, acm_tty_break_ctl), and takes
 * TIOCMSET. What DTR and RTS are set to is written to the file that LINES_LOG names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static void tell(int lines)
{
  const char *path = getenv("LINES_LOG");
  FILE *log = path == NULL ? NULL : fopen(path, "a");
  if (log == NULL) return;
  fprintf(log, "%d %d\n", (lines & TIOCM_DTR) != 0, (lines & TIOCM_RTS) != 0);
  fclose(log);
}

int ioctl(int fd, unsigned long request, ...)
{
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  switch (request) {
    case TIOCSBRK:
    case TIOCCBRK:
      errno = EOPNOTSUPP;
      return -1;
    case TIOCMGET:
      *(int *)argument = 0;
      return 0;
    case TIOCMSET:
      tell(*(int *)argument);
      return 0;
  }
  int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  return next(fd, request, argument);
}
