# As many copies as keep each of them at 2.5 % of a processor: from one to five, decided anew every 3 s.
while sleep 3; do
  used=$(docker compose ps --quiet web | xargs docker stats --no-stream --format '{{.CPUPerc}}' | awk '{ sum += $1 } END { print int(sum * 10) }')
  wanted=$(( (used + 24) / 25 ))
  [ "$wanted" -ge 1 ] || wanted=1
  [ "$wanted" -le 5 ] || wanted=5
  docker compose up --detach --no-recreate --scale web="$wanted"
done
