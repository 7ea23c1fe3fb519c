import { openEncoder } from "@wavry/media";
using e = await openEncoder({size:{width:640,height:360},bitrateBps:4e6,frameRate:60,prefer:"hardware"}); console.log(e.name, e.encode({keyframe:true}).bytes.length);
